//! What a decision costs: `cargo bench -p tollgate-policy`.

use divan::{Bencher, black_box};
use tollgate_policy::plan::{Plan, PlanInput, Untroubled};
use tollgate_policy::secret::{HashKey, Secret};
use tollgate_policy::{Asked, Verdict, evaluate, explain};

#[path = "../tests/gateway/busy.rs"]
mod busy;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench]
fn permit(bencher: Bencher<'_, '_>) {
    decide(bencher, busy::asked(), true);
}

#[divan::bench]
fn refusal(bencher: Bencher<'_, '_>) {
    decide(bencher, busy::refused(), false);
}

fn decide(bencher: Bencher<'_, '_>, asked: Asked<'_>, expected: bool) {
    let (catalog, principal) = (busy::catalog(), busy::principal());
    let verdict = evaluate(&catalog, &principal, &asked, busy::NOW);
    assert_eq!(matches!(verdict, Verdict::Permit(_)), expected);
    bencher.bench_local(|| evaluate(&catalog, &principal, black_box(&asked), busy::NOW));
}

#[divan::bench]
fn plan_of_8(bencher: Bencher<'_, '_>) {
    let (catalog, principal) = (busy::catalog(), busy::principal());
    let Verdict::Permit(permit) = evaluate(&catalog, &principal, &busy::asked(), busy::NOW) else {
        return;
    };
    let input = |seed| PlanInput {
        seed,
        now: busy::NOW,
        conditions: &Untroubled,
    };
    bencher.bench_local(|| Plan::draw(black_box(&permit), &input(black_box(7))).is_ok());
}

#[divan::bench]
fn explanation(bencher: Bencher<'_, '_>) {
    let (catalog, principal, asked) = (busy::catalog(), busy::principal(), busy::refused());
    bencher.bench_local(|| explain(&catalog, &principal, black_box(&asked), busy::NOW));
}

#[divan::bench]
fn native_secret(bencher: Bencher<'_, '_>) {
    find(bencher, Secret::native(&[42; 32]).reveal());
}

#[divan::bench]
fn foreign_secret(bencher: Bencher<'_, '_>) {
    find(
        bencher,
        "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz0123456789",
    );
}

#[divan::bench]
fn mistyped_secret(bencher: Bencher<'_, '_>) {
    let mut text = Secret::native(&[42; 32]).reveal().to_owned();
    let last = text.pop();
    text.push(if last == Some('0') { '1' } else { '0' });
    assert!(Secret::parse(&text).is_err());
    bencher.bench_local(|| Secret::parse(black_box(&text)).is_ok());
}

fn find(bencher: Bencher<'_, '_>, text: &str) {
    let key = HashKey::new([7; 32]);
    bencher.bench_local(|| Secret::parse(black_box(text)).map(|secret| secret.hash(&key)));
}
