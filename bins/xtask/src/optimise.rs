//! A gateway that is built for what it is used for: once to count what runs, and once more with the
//! counts, so that what runs together lies together and what never runs is out of its way.
//!
//! The counts are of calls to OpenAI's API, small, long and streamed, and of streams of Anthropic's;
//! what these never reach is optimised for size.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::Failure;
use crate::bench;

/// How the gateway is built with a profile.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds of each kind of load while what runs is counted.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The folder of the admin binary, which must have been built for release.
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Where both builds and the counts go.
    #[arg(long, default_value = "target/optimised")]
    folder: PathBuf,
    /// The processor of the gateway while it counts, and that of the load and the upstream.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 0])]
    processors: Vec<u32>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let merge = llvm_profdata()?;
    fs::create_dir_all(&options.folder)?;
    let folder = options.folder.canonicalize()?;
    let counts = folder.join("counts");
    let profile = folder.join("gateway.profdata");
    if counts.exists() {
        fs::remove_dir_all(&counts)?;
    }

    tell("building a gateway that counts what runs (1 of 2)")?;
    let counting = build(
        &folder.join("counting"),
        &format!("-Cprofile-generate={}", counts.display()),
    )?;
    tell("counting what runs under load")?;
    bench::exercise(
        &options.binaries,
        &counting,
        &options.processors,
        options.seconds,
    )?;
    // The counts are written by processes that end as they should.
    let mut merging = Command::new(merge);
    merging
        .args(["merge", "--sparse", "--output"])
        .arg(&profile)
        .arg(&counts);
    succeed(&mut merging)?;

    tell("building the gateway with the counts (2 of 2)")?;
    // Code that was never run, and code that another build made otherwise, have no counts.
    let built = build(
        &folder.join("build"),
        &format!("-Cprofile-use={}", profile.display()),
    )?;
    writeln!(std::io::stdout(), "{}", built.display())?;
    Ok(())
}

/// Builds the gateway with a flag for the compiler; scripts of packages and macros are built without.
fn build(folder: &Path, flag: &str) -> Result<PathBuf, Failure> {
    let host = host()?;
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo
        .args(["build", "--release", "--locked"])
        .args(["--package", "tollgate-gateway", "--target", &host])
        .arg("--target-dir")
        .arg(folder)
        // One flag, whatever is in the path.
        .env("CARGO_ENCODED_RUSTFLAGS", flag);
    succeed(&mut cargo)?;
    Ok(folder.join(host).join("release/tollgate-gateway"))
}

fn host() -> Result<String, Failure> {
    let said = output(&["-vV"])?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .ok_or("rustc does not say for which host it is")?
        .to_owned())
}

/// The program that reads what this compiler's programs count.
fn llvm_profdata() -> Result<PathBuf, Failure> {
    let root = output(&["--print", "target-libdir"])?;
    let program = Path::new(root.trim()).with_file_name("bin/llvm-profdata");
    match program.exists() {
        true => Ok(program),
        false => Err("the counts cannot be read: run `rustup component add llvm-tools`".into()),
    }
}

fn output(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("rustc").args(arguments).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("`{program}` failed").into()),
    }
}

fn tell(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stderr(), "{line}")?;
    Ok(())
}
