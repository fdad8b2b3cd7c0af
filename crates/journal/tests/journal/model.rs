//! Whatever is done to a journal, what comes back is what a simple model says.

use proptest::prelude::*;

use super::driver::{Driver, Op, op};
use super::scratch::Scratch;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn exactly_what_is_in_use_comes_back(ops in prop::collection::vec(op(), 0..120)) {
        let scratch = Scratch::new();
        check(Driver::new(scratch.path()), &ops);
        let scratch = Scratch::new();
        check(Driver::mapped(scratch.path()), &ops);
    }
}

fn check(mut driver: Driver, ops: &[Op]) {
    for op in ops {
        driver.run(op);
    }
    driver.kill();
}
