//! How the gateway is linked.

use std::env;
use std::process::Command;

/// The first glibc that reads packed relocations.
const PACKS: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Where each pointer in the file stands that depends on where the file is mapped: 1.3 MB, which
    // a process reads as it starts, or 16 KB packed. What is linked so does not start beside an older
    // C library, and says which one it wants.
    let packs = is_for_this_machine() && c_library().is_some_and(|version| version >= PACKS);
    if packs {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn is_for_this_machine() -> bool {
    let target = env::var_os("TARGET");
    target.is_some()
        && target == env::var_os("HOST")
        && env::var_os("CARGO_CFG_TARGET_ENV").is_some_and(|libc| libc == "gnu")
}

/// The version of the machine's glibc; none where it has another C library.
fn c_library() -> Option<(u32, u32)> {
    let said = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
