//! How many files, which connections are, the process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// What is open besides connections: the store, the journal, logs, bodies on disk.
const RESERVE: u64 = 256;

/// Raises the limit as far as the process may, since shells set a low one for programs that do not
/// look at it.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where the kernel does not allow it, the limit is what it was.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// How many connections there is room for, of clients and as many to upstreams.
pub(crate) fn room() -> usize {
    below(getrlimit(Resource::Nofile).current)
}

/// The same for a limit, where there is one: each may need a connection to an upstream.
fn below(limit: Option<u64>) -> usize {
    let room = limit.map_or(u64::MAX, |limit| limit.saturating_sub(RESERVE) / 2);
    usize::try_from(room).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_as_high_as_it_may_be_and_has_room_for_both_sides() {
        raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(below(Some(20_256)), 10_000);
        assert_eq!(below(Some(100)), 1);
        assert_eq!(below(None), usize::MAX);
    }
}
