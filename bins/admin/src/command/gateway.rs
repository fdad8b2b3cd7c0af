//! The commands of gateways.

use tollgate_admin_core::gateway;

use super::cells::moment;
use crate::arguments::report::GatewayCommand;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: GatewayCommand, session: &Session<'_>) -> Result<(), Failure> {
    let GatewayCommand::List = command;
    let found = gateway::list(&session.context).await?;
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(&found)?);
    }
    let mut table = Table::new([
        "host",
        "address",
        "state",
        "version",
        "revision",
        "behind",
        "open calls",
        "runs since",
        "last heard",
    ]);
    for one in &found {
        table.row([
            one.host.clone(),
            one.address.clone(),
            one.state.clone(),
            one.version.clone(),
            one.revision.to_string(),
            one.behind.to_string(),
            one.open_calls.to_string(),
            moment(&one.started_at),
            moment(&one.seen_at),
        ]);
    }
    Ok(output.table(&table)?)
}
