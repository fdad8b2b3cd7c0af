//! Tasks of the workspace. `cargo xtask bench` measures the gateway beside a bare pass-through of
//! hyper and, where it is installed, nginx; `cargo xtask optimise` builds it with a profile.

mod bench;
mod load;
mod optimise;
mod pass_through;
mod upstream;

use std::process::ExitCode;

use clap::Parser;

/// What goes wrong here ends the task: its message says enough.
type Failure = Box<dyn std::error::Error>;

/// Tasks of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Measure the gateway, a bare pass-through of hyper, and nginx, in turns in one run.
    Bench(bench::Options),
    /// Build the gateway twice, the second time for what ran in the first one under load.
    Optimise(optimise::Options),
    /// Make calls, and print how they went.
    #[command(hide = true)]
    Load(load::Options),
    /// Pass calls on, and do nothing else.
    #[command(hide = true)]
    PassThrough(pass_through::Options),
    /// Answer calls as the load asks for.
    #[command(hide = true)]
    Upstream(upstream::Options),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Bench(options) => bench::run(&options),
        Task::Optimise(options) => optimise::run(&options),
        Task::Load(options) => load::run(options),
        Task::PassThrough(options) => pass_through::run(&options),
        Task::Upstream(options) => upstream::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            use std::io::Write;
            // Nobody may read it.
            let _ = writeln!(std::io::stderr(), "xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
