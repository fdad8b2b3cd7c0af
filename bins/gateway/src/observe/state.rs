//! What of the gateway is read at the moment of asking, rather than counted.

use std::fmt::Result;

use tollgate_ledger::Ledger;
use tollgate_proxy::room::Rooms;
use tollgate_rights::Rights;
use tollgate_rights::responses::Kept;
use tollgate_upkeep::stats::Stats;

use super::text::Text;
use crate::certificates::Renewed;
use crate::clock;
use crate::reload::Reloads;
use crate::telemetry::AccessLog;

pub(super) fn build(text: &mut Text<'_>) -> Result {
    let name = "tollgate_build";
    text.head("info", name, "What is running")?;
    let labels = [("version", env!("CARGO_PKG_VERSION"))];
    text.labelled("tollgate_build_info", &labels, 1)
}

pub(super) fn rights(text: &mut Text<'_>, rights: &Rights) -> Result {
    let help = "The last administrative change that is in force";
    text.gauge("tollgate_rights_revision", help, rights.revision().0)?;
    let (help, current) = (
        "Whether changes are being followed",
        u8::from(rights.is_current()),
    );
    text.gauge("tollgate_rights_current", help, current)?;
    let help = "Secrets whose rights are held in memory";
    let count = rights.credentials_in_memory();
    text.gauge("tollgate_credentials_in_memory", help, count)
}

pub(super) fn ledger(text: &mut Text<'_>, ledger: &Ledger, most_receipts: u32) -> Result {
    let stats = ledger.stats();
    text.gauge("tollgate_held_calls", "Calls that are held for", stats.open)?;
    let help = "Credits held for calls that go on, over all limits";
    text.gauge("tollgate_held_microcredits", help, stats.held.as_micros())?;
    let help = "Receipts that are in the journal and not in the store yet";
    text.gauge("tollgate_unsettled_receipts", help, stats.unsettled)?;
    let help = "Places in the journal, for calls that go on and receipts that wait";
    text.gauge("tollgate_journal_places", help, most_receipts)?;
    let help = "Receipts since the start whose cost was more than any hold covered";
    text.gauge("tollgate_uncovered_receipts", help, stats.uncovered)?;
    let help = "Times since the start that the store did not take receipts";
    text.gauge("tollgate_failed_turns", help, stats.failed_turns)
}

pub(super) fn rooms(text: &mut Text<'_>, rooms: &Rooms) -> Result {
    let help = "Bytes of bodies that calls keep in memory until an upstream has them";
    text.gauge("tollgate_buffered_bytes", help, rooms.memory.used())?;
    let help = "Bytes of forms that calls keep on disk until an upstream has them";
    text.gauge("tollgate_spooled_bytes", help, rooms.disk.used())
}

pub(super) fn responses(text: &mut Text<'_>, kept: &Kept) -> Result {
    let help = "Responses that upstreams keep, whose tokens are not in the store yet";
    text.gauge("tollgate_responses_waiting", help, kept.waiting())
}

pub(super) fn alerts(text: &mut Text<'_>, stats: &Stats) -> Result {
    let help = "Alerts that were delivered, or logged where there is no webhook";
    text.counter("tollgate_alerts_delivered", help, stats.delivered())?;
    let help = "Deliveries of alerts that failed";
    text.counter("tollgate_alert_failures", help, stats.failed())?;
    let help = "Alerts that are not tried any more";
    text.counter("tollgate_alerts_given_up", help, stats.given_up())?;
    let help = "Alerts that wait to be delivered, counted up to 256";
    text.gauge("tollgate_alerts_waiting", help, stats.waiting())
}

pub(super) fn reloads(text: &mut Text<'_>, reloads: &Reloads) -> Result {
    let help = "Times that the configuration could not be read again";
    text.counter("tollgate_config_reload_failures", help, reloads.failures())?;
    let help = "Whether the configuration was read when that was last tried";
    let success = u8::from(reloads.last_succeeded());
    text.gauge("tollgate_config_last_reload_success", help, success)
}

/// Families without a line where calls are served in clear, so that dashboards know the names.
pub(super) fn certificates(text: &mut Text<'_>, certificates: Option<&Renewed>) -> Result {
    let name = "tollgate_certificate_expiry_days";
    text.head("gauge", name, "Days until the certificate in use expires")?;
    if let Some(days) = certificates.and_then(|renewed| renewed.days_left(clock::now())) {
        text.labelled(name, &[], days)?;
    }
    let help = "Times that a changed certificate could not be used";
    let failures = certificates.map_or(0, Renewed::failures);
    text.counter("tollgate_certificate_reload_failures", help, failures)
}

pub(super) fn access(text: &mut Text<'_>, access: Option<&AccessLog>) -> Result {
    let help = "Access lines that were lost: they came too fast, or could not be written";
    let lost = access.map_or(0, AccessLog::lost);
    text.counter("tollgate_access_lines_lost", help, lost)
}
