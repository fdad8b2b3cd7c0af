//! What the architecture says of itself, held against the sources.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Which crates a crate may build on. Arrows point inwards only; see docs/architecture.md.
const ARROWS: [(&str, &[&str]); 17] = [
    ("tollgate-policy", &[]),
    ("tollgate-wire", &["tollgate-policy"]),
    ("tollgate-rights", &["tollgate-policy"]),
    ("tollgate-journal", &[]),
    ("tollgate-listen", &["tollgate-policy"]),
    ("tollgate-ledger", &["tollgate-policy", "tollgate-journal"]),
    ("tollgate-upkeep", &["tollgate-connect", "tollgate-policy"]),
    (
        "tollgate-store",
        &[
            "tollgate-policy",
            "tollgate-rights",
            "tollgate-ledger",
            "tollgate-upkeep",
        ],
    ),
    (
        "tollgate-proxy",
        &[
            "tollgate-connect",
            "tollgate-listen",
            "tollgate-policy",
            "tollgate-wire",
            "tollgate-rights",
            "tollgate-ledger",
            "tollgate-upkeep",
        ],
    ),
    (
        "tollgate-admin-core",
        &[
            "tollgate-connect",
            "tollgate-policy",
            "tollgate-rights",
            "tollgate-store",
            "tollgate-wire",
        ],
    ),
    (
        "tollgate-console",
        &["tollgate-admin-core", "tollgate-listen", "tollgate-policy"],
    ),
    ("tollgate-connect", &[]),
    ("tollgate-simulator", &[]),
    ("tollgate-testkit", &[]),
    (
        "tollgate-admin",
        &[
            "tollgate-policy",
            "tollgate-store",
            "tollgate-admin-core",
            "tollgate-console",
            "tollgate-listen",
        ],
    ),
    (
        "tollgate-gateway",
        &[
            "tollgate-connect",
            "tollgate-console",
            "tollgate-listen",
            "tollgate-policy",
            "tollgate-rights",
            "tollgate-ledger",
            "tollgate-upkeep",
            "tollgate-store",
            "tollgate-proxy",
            "tollgate-admin-core",
            "tollgate-simulator",
        ],
    ),
    // It measures the binaries from outside.
    ("tollgate-xtask", &[]),
];

/// Libraries that only some crates may name, so that what they stand for stays in one place.
const OWNED: [(&str, &[&str]); 6] = [
    ("diesel", &["tollgate-store"]),
    ("diesel-async", &["tollgate-store"]),
    (
        "hyper",
        &[
            "tollgate-connect",
            "tollgate-listen",
            "tollgate-proxy",
            "tollgate-xtask",
        ],
    ),
    (
        "axum",
        &["tollgate-simulator", "tollgate-gateway", "tollgate-console"],
    ),
    (
        "clap",
        &["tollgate-gateway", "tollgate-admin", "tollgate-xtask"],
    ),
    ("prometheus-client", &["tollgate-proxy", "tollgate-gateway"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn metadata() -> Metadata {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .unwrap()
}

fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap();
            if !["target", ".git", "node_modules"].contains(&name) {
                found.extend(files(&path, ending));
            }
        } else if path.to_str().is_some_and(|path| path.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

/// Normal dependencies of each member, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let normal = |package: &cargo_metadata::Package| {
        let kept = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal);
        kept.map(|d| d.name.clone()).collect()
    };
    metadata()
        .packages
        .iter()
        .map(|package| (package.name.to_string(), normal(package)))
        .collect()
}

#[test]
fn dependency_arrows_point_inwards() {
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for (package, dependencies) in dependencies() {
        if package == "tollgate-tests" {
            continue;
        }
        let allowed = allowed
            .get(package.as_str())
            .unwrap_or_else(|| panic!("{package} has no arrows written down"));
        for dependency in dependencies
            .iter()
            .filter(|name| name.starts_with("tollgate-"))
        {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{package} must not build on {dependency}"
            );
        }
    }
}

#[test]
fn libraries_stay_with_the_crates_that_own_them() {
    for (package, dependencies) in dependencies() {
        for (library, owners) in OWNED {
            let named = dependencies.contains(library);
            assert!(
                !named || owners.contains(&package.as_str()),
                "{package} must not name {library}"
            );
        }
    }
}

#[test]
fn what_is_installed_asks_for_nothing_that_only_tests_use() {
    let metadata = metadata();
    let installed = metadata.workspace_default_packages();
    assert!(installed.len() > 10, "{}", installed.len());
    for package in installed {
        for dependency in &package.dependencies {
            let is_for_tests = dependency.kind == DependencyKind::Development;
            let asks = dependency.features.iter().any(|one| one == "test-util");
            assert!(
                is_for_tests || !asks,
                "{} asks {} for its test-util, and so both binaries are built twice",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn migrations_come_in_pairs() {
    let names = |backend: &str| -> BTreeSet<String> {
        let below = root().join("migrations").join(backend);
        files(&below, ".sql")
            .iter()
            .map(|path| path.strip_prefix(&below).unwrap().display().to_string())
            .collect()
    };
    let sqlite = names("sqlite");
    assert_eq!(sqlite, names("postgres"));
    let ups = sqlite
        .iter()
        .filter(|name| name.ends_with("up.sql"))
        .count();
    assert!(
        ups > 0 && sqlite.len() == 2 * ups,
        "each up has its down: {sqlite:?}"
    );
}

#[test]
fn source_files_are_short_enough_to_be_read() {
    for path in files(&root(), ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let is_test =
            path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let most = if is_test { 700 } else { 400 };
        assert!(lines <= most, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_left_open_in_the_sources() {
    let marks = [
        ["to", "do!"].concat(),
        ["unimplemen", "ted!"].concat(),
        ["FIX", "ME"].concat(),
        ["TO", "DO"].concat(),
    ];
    for path in files(&root(), ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        for mark in &marks {
            assert!(!text.contains(mark), "{} has {mark}", path.display());
        }
    }
}

#[test]
fn modules_are_named_by_subject() {
    let vague = [
        "utils", "util", "helpers", "common", "types", "manager", "misc", "mod",
    ];
    for path in files(&root(), ".rs") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(!vague.contains(&name), "{}", path.display());
    }
}

#[test]
fn prose_has_one_sentence_per_line() {
    for path in files(&root(), ".md") {
        let text = fs::read_to_string(&path).unwrap();
        let mut in_code = false;
        for (number, line) in text.lines().enumerate() {
            in_code ^= line.trim_start().starts_with("```");
            let is_prose = !in_code && !line.starts_with('|') && !line.starts_with("    ");
            let next = line
                .split_once(". ")
                .and_then(|(_, rest)| rest.chars().next());
            let two = is_prose && next.is_some_and(char::is_uppercase) && !line.contains("e.g.");
            assert!(
                !two,
                "{}:{}: two sentences: {line}",
                path.display(),
                number + 1
            );
        }
    }
}

#[test]
fn every_document_is_reachable_from_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for path in files(&root().join("docs"), ".md") {
        let name = format!("docs/{}", path.file_name().unwrap().to_str().unwrap());
        assert!(readme.contains(&name), "README.md does not lead to {name}");
    }
}
