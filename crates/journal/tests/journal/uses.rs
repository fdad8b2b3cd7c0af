//! One record's ways through the journal, each looked at again after it was opened anew.

use tollgate_journal::{BeginError, JournalError, MOST_BEGUN, MOST_SETTLED};

use super::scratch::{Scratch, Seen, only_settled, only_slot, seen};

#[test]
fn a_begun_record_comes_back_with_its_progress() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(4);
    let slot = journal.begin(b"a call").unwrap();
    journal.progress(&slot, 5).unwrap();
    journal.progress(&slot, 17).unwrap();
    drop(journal);
    let (journal, slot) = {
        let opened = scratch.open(4);
        assert_eq!(seen(&opened.recovered), [Seen::begun(b"a call", 17)]);
        only_slot(opened)
    };
    let _ = journal.settle(slot, b"its end").unwrap();
    drop(journal);
    let expected = [Seen::settled(b"a call", b"its end")];
    assert_eq!(seen(&scratch.open(4).recovered), expected);
}

#[test]
fn a_revision_comes_back_with_its_record_and_with_no_later_one() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(1);
    let slot = journal.begin(b"a call").unwrap();
    journal.revise(&slot, b"goes elsewhere").unwrap();
    journal.revise(&slot, b"and on").unwrap();
    drop(journal);
    let opened = scratch.open(1);
    let expected = Seen::begun(b"a call", 0).revised(Some(b"and on"));
    assert_eq!(seen(&opened.recovered), [expected]);
    let (journal, slot) = only_slot(opened);
    let long = journal.revise(&slot, &[0; MOST_SETTLED + 1]);
    assert!(matches!(long, Err(JournalError::TooLong { .. })));
    journal.cancel(slot).unwrap();
    let _ = journal.begin(b"the next").unwrap();
    drop(journal);
    let expected = [Seen::begun(b"the next", 0)];
    assert_eq!(seen(&scratch.open(1).recovered), expected);
}

#[test]
fn a_settled_record_comes_back_until_it_is_cleared() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(4);
    let slot = journal.begin(b"a call").unwrap();
    let _ = journal.settle(slot, b"its end").unwrap();
    drop(journal);
    let expected = [Seen::settled(b"a call", b"its end")];
    assert_eq!(seen(&scratch.open(4).recovered), expected);
    let opened = scratch.open(4);
    assert_eq!(seen(&opened.recovered), expected);
    let (journal, settled) = only_settled(opened);
    journal.clear(vec![settled]).unwrap();
    drop(journal);
    scratch.open_empty(4);
}

#[test]
fn a_cancelled_record_stays_forgotten() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(4);
    let slot = journal.begin(b"a call").unwrap();
    journal.progress(&slot, 1).unwrap();
    journal.cancel(slot).unwrap();
    drop(journal);
    scratch.open_empty(4);
}

#[test]
fn a_record_cleared_before_an_earlier_one_stays_forgotten() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(4);
    let [first, second, third] = [b"1", b"2", b"3"].map(|record| {
        let slot = journal.begin(record).unwrap();
        journal.settle(slot, record).unwrap()
    });
    journal.clear(vec![third, second]).unwrap();
    drop((journal, first));
    let opened = scratch.open(4);
    assert_eq!(seen(&opened.recovered), [Seen::settled(b"1", b"1")]);
    let (journal, first) = only_settled(opened);
    journal.clear(vec![first]).unwrap();
    drop(journal);
    scratch.open_empty(4);
}

#[test]
fn a_reused_slot_comes_back_as_its_last_use_only() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(1);
    let slot = journal.begin(b"the first, with a long record").unwrap();
    journal.progress(&slot, 3).unwrap();
    let settled = journal.settle(slot, b"the end of the first").unwrap();
    journal.clear(vec![settled]).unwrap();
    let _slot = journal.begin(b"the second").unwrap();
    drop(journal);
    let expected = [Seen::begun(b"the second", 0)];
    assert_eq!(seen(&scratch.open(1).recovered), expected);
}

#[test]
fn records_may_be_empty_and_as_long_as_stated_but_not_longer() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(4);
    let (begun, end) = (vec![0xff; MOST_BEGUN], vec![0xee; MOST_SETTLED]);
    const { assert!(MOST_BEGUN >= 900 && MOST_SETTLED >= 900) };

    let empty = journal.begin(b"").unwrap();
    let _ = journal.settle(empty, b"").unwrap();
    let longest = journal.begin(&begun).unwrap();
    journal.progress(&longest, u64::MAX).unwrap();
    let refused = journal.settle(longest, &[0; MOST_SETTLED + 1]);
    let (longest, error) = refused.unwrap_err();
    assert!(matches!(error, JournalError::TooLong { length, most }
        if (length, most) == (MOST_SETTLED + 1, MOST_SETTLED)));
    let _ = journal.settle(longest, &end).unwrap();
    let refused = journal.begin(&[0; MOST_BEGUN + 1]);
    assert!(matches!(refused, Err(BeginError::TooLong { length, most })
        if (length, most) == (MOST_BEGUN + 1, MOST_BEGUN)));
    assert_eq!((journal.open_slots(), journal.unwritten()), (0, 2));
    drop(journal);
    let expected = [Seen::settled(b"", b""), Seen::settled(&begun, &end)];
    assert_eq!(seen(&scratch.open(4).recovered), expected);
}

#[test]
fn a_full_journal_begins_again_when_a_slot_is_cleared_or_cancelled() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(2);
    let first = journal.begin(b"1").unwrap();
    let second = journal.begin(b"2").unwrap();
    let full = |journal: &tollgate_journal::Journal| {
        matches!(journal.begin(b"3"), Err(BeginError::Full { most: 2 }))
    };
    assert!(full(&journal));
    let settled = journal.settle(first, b"1").unwrap();
    assert!(full(&journal), "a settled record keeps its slot");
    journal.clear(vec![settled]).unwrap();
    let _third = journal.begin(b"3").unwrap();
    assert!(full(&journal));
    journal.cancel(second).unwrap();
    let _fourth = journal.begin(b"4").unwrap();
    drop(journal);
    let expected = [Seen::begun(b"3", 0), Seen::begun(b"4", 0)];
    assert_eq!(seen(&scratch.open(2).recovered), expected);
}

#[test]
fn open_and_unwritten_records_are_counted_across_opens() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(8);
    let mut slots: Vec<_> = (0..5_u8).map(|n| journal.begin(&[n]).unwrap()).collect();
    let counts = |journal: &tollgate_journal::Journal| (journal.open_slots(), journal.unwritten());
    assert_eq!(counts(&journal), (5, 0));
    let settled = journal.settle(slots.remove(0), b"").unwrap();
    let _ = journal.settle(slots.remove(0), b"").unwrap();
    journal.cancel(slots.remove(0)).unwrap();
    assert_eq!(counts(&journal), (2, 2));
    journal.clear(vec![settled]).unwrap();
    assert_eq!(counts(&journal), (2, 1));
    drop(journal);
    assert_eq!(counts(&scratch.open(8).journal), (2, 1));
}

#[test]
fn the_file_grows_in_steps_and_is_reused_from_then_on() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(600);
    let length = || std::fs::metadata(scratch.path()).unwrap().len();
    assert_eq!(length(), 4096);
    for round in 0..3 {
        let slots: Vec<_> = (0..600_u32)
            .map(|n| {
                let slot = journal.begin(&n.to_le_bytes()).unwrap();
                let steps = u64::from(n / 256 + 1) * 256;
                let slots = if round == 0 { steps.min(600) } else { 600 };
                assert_eq!(length(), 4096 + slots * 2048);
                slot
            })
            .collect();
        let settled = slots.into_iter().map(|slot| journal.settle(slot, b"end"));
        journal
            .clear(settled.map(Result::unwrap).collect())
            .unwrap();
    }
    journal.sync().unwrap();
}

#[test]
fn the_front_of_a_file_is_used_first_after_an_open_too() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(600);
    let slots: Vec<_> = (0..600).map(|_| journal.begin(b"once").unwrap()).collect();
    for slot in slots {
        journal.cancel(slot).unwrap();
    }
    drop(journal);
    let journal = scratch.open_empty(600);
    let _slot = journal.begin(b"at the front").unwrap();
    let file = std::fs::read(scratch.path()).unwrap();
    let record = b"at the front";
    let at = file.windows(record.len()).position(|bytes| bytes == record);
    assert!((4096..4096 + 2048).contains(&at.unwrap()), "{at:?}");
}

#[test]
fn fewer_slots_than_before_still_bring_everything_back() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(3);
    for record in [b"1", b"2", b"3"] {
        let _ = journal.begin(record).unwrap();
    }
    drop(journal);
    let opened = scratch.open(1);
    assert_eq!(opened.recovered.len(), 3);
    for recovered in opened.recovered {
        let tollgate_journal::Recovered::Begun { slot, .. } = recovered else {
            panic!("{recovered:?}");
        };
        opened.journal.cancel(slot).unwrap();
    }
    let _one = opened.journal.begin(b"4").unwrap();
    let full = opened.journal.begin(b"5");
    assert!(matches!(full, Err(BeginError::Full { most: 1 })));
}
