//! One connection of the scripted upstream: read a request, play its script, and again.

use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::{Gate, Request, Seen, Step};
use crate::http_message::MessageReader;

type Reader = MessageReader<TcpStream>;

/// What to do with the connection after a script.
enum Next {
    Request,
    Close,
}

pub(super) async fn serve(
    stream: TcpStream,
    scripts: Arc<Vec<Vec<Step>>>,
    seen: watch::Sender<Seen>,
) {
    // Each write of a script is to leave as a segment of its own.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut reader = MessageReader::new(stream);
    while let Ok(Some(request)) = receive(&mut reader).await {
        let mut number = 0;
        seen.send_modify(|seen| {
            number = seen.requests.len();
            seen.requests.push(request);
        });
        let script = scripts.get(number).or(scripts.last());
        let steps = script.map(Vec::as_slice).unwrap_or_default();
        match play(&mut reader, steps).await {
            Ok(Next::Request) => {}
            Ok(Next::Close) => return,
            Err(_) => return seen.send_modify(|seen| seen.abandoned += 1),
        }
    }
}

async fn receive(reader: &mut Reader) -> io::Result<Option<Request>> {
    reader.take_record();
    let Some(head) = reader.head().await? else {
        return Ok(None);
    };
    let body = reader.body(head.framing()).await?;
    let raw = reader.take_record();
    Ok(Some(Request { raw, head, body }))
}

/// Fails where the client is gone before the script is over.
async fn play(reader: &mut Reader, steps: &[Step]) -> io::Result<Next> {
    for step in steps {
        match step {
            Step::Write(bytes) => {
                reader.stream_mut().write_all(bytes).await?;
                // Lets a receiver on the same thread see this write alone.
                tokio::task::yield_now().await;
            }
            Step::Wait(gate) => wait(reader, gate).await?,
            Step::Reset => {
                reader.stream_mut().set_zero_linger()?;
                return Ok(Next::Close);
            }
            Step::Close => return Ok(Next::Close),
            Step::HalfClose => {
                reader.stream_mut().shutdown().await?;
                return Err(client_left(reader).await);
            }
            Step::Hang => return Err(client_left(reader).await),
        }
    }
    Ok(Next::Request)
}

async fn wait(reader: &mut Reader, gate: &Gate) -> io::Result<()> {
    tokio::select! {
        biased;
        () = gate.wait() => Ok(()),
        left = client_left(reader) => Err(left),
    }
}

/// Comes back when the client has gone; what it sends before stays in the buffer.
async fn client_left(reader: &mut Reader) -> io::Error {
    loop {
        match reader.fill().await {
            Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}
