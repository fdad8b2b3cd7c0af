//! What of a configuration comes into force while a gateway runs.

use super::Config;

impl Config {
    /// The keys whose values differ in another configuration, and that a running gateway cannot
    /// change.
    pub(crate) fn fixed(&self, new: &Self) -> Vec<&'static str> {
        let (old, limits) = (self, &self.settings);
        let same = [
            ("listen", old.listen == new.listen),
            ("observe", old.observe == new.observe),
            ("store", old.store == new.store),
            ("key_file", old.key_file == new.key_file),
            ("journal", old.journal == new.journal),
            ("workers", old.workers == new.workers),
            (
                "credentials_in_memory",
                old.credentials_in_memory == new.credentials_in_memory,
            ),
            ("proxy_protocol", old.proxy_protocol == new.proxy_protocol),
            ("tls", old.tls == new.tls),
            ("log.format", old.log_format == new.log_format),
            ("access_log", old.access_log == new.access_log),
            ("traces", old.traces == new.traces),
            (
                "limits.connections",
                limits.connections == new.settings.connections,
            ),
            ("limits.receipts", old.most_receipts == new.most_receipts),
        ];
        let changed = same.into_iter().filter(|(_, same)| !same);
        changed.map(|(key, _)| key).collect()
    }

    /// Takes over what a running gateway can change.
    pub(crate) fn follow(&mut self, new: Self) {
        self.log = new.log;
        self.upkeep = new.upkeep;
    }
}
