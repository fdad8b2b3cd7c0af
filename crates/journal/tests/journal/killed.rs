//! A process that is killed while it writes: all that it was told is there.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, thread};

use tollgate_journal::{Journal, Opened, Recovered, Settled};

use super::scratch::{IDENTITY, Scratch};

const NAME: &str = "journal::killed::what_was_acknowledged_survives_sigkill";
const JOURNAL: &str = "TOLLGATE_JOURNAL_TO_WRITE";
const ROUND: &str = "TOLLGATE_JOURNAL_ROUND";
const ROUNDS: u64 = 30;
const MOST: u32 = 10_000;

/// What is known of a record, by what the child said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Begun,
    Settled,
    Cancelling,
    Clearing,
    Gone,
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    if let Some(path) = env::var_os(JOURNAL) {
        return write_for_ever(path.as_ref(), &env::var(ROUND).unwrap());
    }
    let scratch = Scratch::new();
    let mut known = BTreeMap::new();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let said = kill_after(start(&scratch.path(), round), 1 + random() % 2_000);
        acknowledged += said.len();
        for line in said {
            note(&mut known, &line);
        }
        let opened = scratch.open(MOST);
        check(&mut known, &opened.recovered);
        if round % 3 == 2 {
            clear_all(opened);
            known.values_mut().for_each(|known| *known = Known::Gone);
        }
    }
    assert!(acknowledged as u64 > ROUNDS, "the child did say something");
}

fn start(path: &Path, round: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture", "--test-threads=1"])
        .env(JOURNAL, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads that many lines, kills the child, and reads what it had still said until then.
fn kill_after(mut child: Child, lines: u64) -> Vec<String> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    for _ in 0..lines {
        assert_ne!(output.read_line(&mut said).unwrap(), 0, "{said}");
    }
    child.kill().unwrap();
    output.read_to_string(&mut said).unwrap();
    assert!(!child.wait().unwrap().success());
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(str::to_owned).collect()
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn note(known: &mut BTreeMap<String, Known>, line: &str) {
    let Some((word, key)) = line.split_once(' ') else {
        return;
    };
    let now = match word {
        "begun" => Known::Begun,
        "settled" => Known::Settled,
        "cancelling" => Known::Cancelling,
        "clearing" => Known::Clearing,
        "gone" => Known::Gone,
        _ => return,
    };
    known.insert(key.to_owned(), now);
}

/// Holds what came back against what is known, which it then takes the place of.
fn check(known: &mut BTreeMap<String, Known>, recovered: &[Recovered]) {
    let mut back = BTreeMap::new();
    for one in recovered {
        let (key, state) = identify(one);
        assert_eq!(back.insert(key.clone(), state), None, "{key} came twice");
        let expected: &[Known] = match known.get(&key) {
            // Begun, and killed before it could say so.
            None => &[Known::Begun],
            Some(Known::Begun) => &[Known::Begun, Known::Settled],
            Some(Known::Settled | Known::Clearing) => &[Known::Settled],
            Some(Known::Cancelling) => &[Known::Begun],
            Some(Known::Gone) => &[],
        };
        assert!(
            expected.contains(&state),
            "{key}: {state:?} of {expected:?}"
        );
    }
    for (key, known) in known.iter() {
        let must = matches!(known, Known::Begun | Known::Settled);
        assert!(!must || back.contains_key(key), "{key} is lost: {known:?}");
    }
    known.retain(|_, known| *known == Known::Gone);
    known.extend(back);
}

/// The key of a record, all of whose bytes are as they were written.
fn identify(one: &Recovered) -> (String, Known) {
    let (begun, state) = match one {
        Recovered::Begun { begun, .. } => (begun, Known::Begun),
        Recovered::Settled { begun, .. } => (begun, Known::Settled),
    };
    let text = String::from_utf8(begun.clone()).unwrap();
    let key = text.trim_end_matches('.').to_owned();
    assert_eq!(*begun, begun_record(&key));
    match one {
        Recovered::Settled { record, .. } => assert_eq!(*record, settled_record(&key)),
        Recovered::Begun { progress, .. } => assert!([0, length(&key)].contains(progress)),
    }
    (key, state)
}

fn clear_all(opened: Opened) {
    let settled = opened.recovered.into_iter().map(|one| match one {
        Recovered::Begun { slot, .. } => opened.journal.settle(slot, b"recovered").unwrap(),
        Recovered::Settled { settled, .. } => settled,
    });
    opened.journal.clear(settled.collect()).unwrap();
}

/// Every length up to the longest: some number that depends on the key.
fn length(key: &str) -> u64 {
    u64::from(crc32fast::hash(key.as_bytes())) % 900 + 50
}

fn begun_record(key: &str) -> Vec<u8> {
    let length = usize::try_from(length(key)).unwrap();
    format!("{key:.<length$}").into_bytes()
}

fn settled_record(key: &str) -> Vec<u8> {
    let mut record = begun_record(key);
    record.reverse();
    record
}

fn write_for_ever(path: &Path, round: &str) {
    // The test harness has begun a line, which must not swallow the first one of ours.
    println!();
    let journal = Journal::open(path, MOST, IDENTITY).unwrap().journal;
    thread::scope(|scope| {
        for thread in 0..3 {
            let journal = &journal;
            scope.spawn(move || {
                let mut settled = Vec::new();
                for call in 0_u64.. {
                    let key = format!("{round}/{thread}/{call}");
                    write_one(journal, call, key, &mut settled);
                    if settled.len() == 10 {
                        clear(journal, &mut settled);
                    }
                }
            });
        }
    });
}

fn write_one(journal: &Journal, call: u64, key: String, settled: &mut Vec<(Settled, String)>) {
    let slot = journal.begin(&begun_record(&key)).unwrap();
    println!("begun {key}");
    journal.progress(&slot, length(&key)).unwrap();
    match call % 16 {
        3 => {
            println!("cancelling {key}");
            journal.cancel(slot).unwrap();
            println!("gone {key}");
        }
        // Stays begun.
        5 => drop(slot),
        _ => {
            let done = journal.settle(slot, &settled_record(&key)).unwrap();
            println!("settled {key}");
            // Some stay settled.
            if call % 16 != 9 {
                settled.push((done, key));
            }
        }
    }
}

fn clear(journal: &Journal, settled: &mut Vec<(Settled, String)>) {
    let (batch, keys): (Vec<_>, Vec<_>) = settled.drain(..).unzip();
    keys.iter().for_each(|key| println!("clearing {key}"));
    journal.clear(batch).unwrap();
    keys.iter().for_each(|key| println!("gone {key}"));
}
