//! What the process asks of the kernel for its memory.

/// Has memory given by small pages. By large ones, 2 MiB are taken as soon as one byte of them is
/// used: buffers of which a call needs the beginning then count whole, and an open stream takes half
/// as much again. The allocator is built not to ask for them (`no_thp`), which decides where the
/// kernel gives them on demand; this does where it gives them to everybody.
///
/// What was taken before stays, so this comes first.
pub(crate) fn take_by_small_pages() {
    // Where the kernel does not know the wish, it costs memory and nothing else.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_has_no_large_pages() {
        take_by_small_pages();
        assert!(rustix::thread::transparent_huge_pages_are_disabled().unwrap());
    }
}
