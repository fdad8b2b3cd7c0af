//! The gateway beside others: each in turn, round after round, in one run.
//!
//! The one that is measured has a processor of its own, and the load and the upstream have another.
//! Figures of different runs cannot be compared, ratios of one run can.

mod gateway;
mod process;
mod report;
mod scenario;
mod side;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::Failure;
use process::Process;
use report::Report;
use scenario::Scenario;
use side::Side;

/// What is measured, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds; medians of them are told.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds of load for each figure.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Only these: small, stream, messages, large, refused, added, doubled, first, memory.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The folder of the gateway's binaries, which must have been built for release.
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// The processor of the one that is measured, and that of the load and the upstream.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 0])]
    processors: Vec<u32>,
    /// Another build of the gateway, which is measured as well: a name and its program, as in
    /// `before=/tmp/tollgate-gateway`.
    #[arg(long, value_name = "NAME=PROGRAM", value_parser = side::other)]
    beside: Vec<(String, PathBuf)>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What every measurement needs to know.
struct Bench {
    own: PathBuf,
    folder: tempfile::TempDir,
    /// Of the one that is measured, and of the rest.
    processors: [u32; 2],
    seconds: f64,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    use std::io::Write;
    let scenarios = Scenario::named(&options.only)?;
    let bench = Bench::new(&options.processors, options.seconds)?;
    let upstream = bench.upstream()?;
    let gateway = gateway::furnish(&options.binaries, bench.folder.path(), upstream.address)?;
    let sides = Side::all(upstream.address, &gateway, &options.beside);
    let mut report = Report::default();
    for round in 1..=options.rounds {
        for scenario in &scenarios {
            for side in sides.iter().filter(|side| scenario.suits(side)) {
                let figures = scenario.measure(&bench, side)?;
                writeln!(
                    std::io::stderr(),
                    "round {round}: {}, {}: {figures}",
                    scenario.name(),
                    side.name
                )?;
                report.add(*scenario, &side.name, figures);
            }
        }
    }
    let text = if options.json {
        report.json()?
    } else {
        report.table()
    };
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// Runs every kind of load on a build of the gateway, for what it does to it.
pub(crate) fn exercise(
    binaries: &Path,
    program: &Path,
    processors: &[u32],
    seconds: f64,
) -> Result<(), Failure> {
    let bench = Bench::new(processors, seconds)?;
    let upstream = bench.upstream()?;
    let mut gateway = gateway::furnish(binaries, bench.folder.path(), upstream.address)?;
    gateway.program = program.to_owned();
    let side = Side::gateway(upstream.address, &gateway);
    for scenario in Scenario::ALL {
        scenario.measure(&bench, &side)?;
    }
    Ok(())
}

impl Bench {
    fn new(processors: &[u32], seconds: f64) -> Result<Self, Failure> {
        let &[measured, rest] = processors else {
            return Err("--processors wants two numbers, as in 1,0".into());
        };
        Ok(Self {
            own: std::env::current_exe()?,
            folder: tempfile::tempdir()?,
            processors: [measured, rest],
            seconds,
        })
    }

    fn upstream(&self) -> Result<Process, Failure> {
        let upstream = process::free_address()?;
        let listen = upstream.to_string();
        let arguments = ["upstream", "--listen", &listen].map(str::to_owned);
        let [_, rest] = self.processors;
        self.start(rest, &self.own, &arguments, upstream)
    }
}
