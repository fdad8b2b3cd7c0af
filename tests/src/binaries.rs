//! The real binaries, built once per test process so that they are never older than the sources.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The gateway.
pub fn gateway() -> PathBuf {
    built().join("tollgate-gateway")
}

/// The command line.
pub fn admin() -> PathBuf {
    built().join("tollgate-admin")
}

fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut build = Command::new(cargo);
        // What tells of this package would be news to build scripts, and most would be built again.
        for (name, _) in std::env::vars_os() {
            let shown = name.to_string_lossy();
            if shown.starts_with("CARGO_PKG_") || shown.starts_with("CARGO_MANIFEST_") {
                build.env_remove(&name);
            }
        }
        let status = build
            // Of the workspace: with a package alone, crates would be built again for its features.
            .args(["build", "--quiet", "--locked", "--workspace"])
            .args(["--bin", "tollgate-gateway", "--bin", "tollgate-admin"])
            .current_dir(root)
            .status()
            .unwrap();
        assert!(status.success(), "the binaries cannot be built");
        // …/target/debug/deps/NAME of the test itself.
        let test = std::env::current_exe().unwrap();
        test.parent().unwrap().parent().unwrap().to_owned()
    })
}
