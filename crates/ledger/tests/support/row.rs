//! One pot as the book keeps it, with the rule that no strict pot breaks.

use std::collections::BTreeMap;

use tollgate_ledger::book::GatewayId;

/// One pot in the book.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// None where the pot has no limit.
    pub limit: Option<i64>,
    pub used: i64,
    pub leases: BTreeMap<GatewayId, i64>,
    /// Whether a charge may pass what is leased: calls of lenient groups are paid from it.
    pub lenient: bool,
    /// Whether its period is past.
    pub closed: bool,
    /// What was leased to a gateway when it was taken for dead, or when the period ended. Its calls
    /// that went on may still be charged; nothing else may pass a lease.
    pub forfeited: BTreeMap<GatewayId, i64>,
    /// What used and leased together may be: the limit; more where that was lowered below what
    /// was spent, or where forfeited calls were charged.
    ceiling: i64,
}

impl Row {
    pub fn new(limit: Option<i64>, lenient: bool, closed: bool) -> Self {
        Self {
            limit,
            lenient,
            closed,
            ceiling: limit.unwrap_or(0),
            ..Self::default()
        }
    }

    pub fn leased(&self) -> i64 {
        self.leases.values().sum()
    }

    pub fn edit(&mut self, limit: i64) {
        self.limit = Some(limit);
        self.settle_ceiling();
    }

    pub fn charge(&mut self, gateway: GatewayId, amount: i64) {
        let lease = self.leases.entry(gateway).or_default();
        let leased = amount.min(*lease);
        *lease -= leased;
        self.used += amount;
        let beyond = amount - leased;
        if beyond > 0 && self.limit.is_some() && !self.lenient {
            let forfeited = self.forfeited.entry(gateway).or_default();
            assert!(
                beyond <= *forfeited,
                "{beyond} were charged that were not leased: {self:?}"
            );
            *forfeited -= beyond;
            self.ceiling += beyond;
        }
        self.settle_ceiling();
    }

    pub fn give_back(&mut self, gateway: GatewayId, amount: i64) {
        assert!(amount >= 0, "{amount} is given back");
        let lease = self.leases.entry(gateway).or_default();
        *lease -= amount.min(*lease);
        self.settle_ceiling();
    }

    pub fn forfeit(&mut self, gateway: GatewayId) {
        let lease = self.leases.remove(&gateway).unwrap_or(0);
        *self.forfeited.entry(gateway).or_default() += lease;
        self.settle_ceiling();
    }

    pub fn ask(&mut self, gateway: GatewayId, least: i64, wish: i64) {
        assert!(
            least >= 0 && wish >= least,
            "{least} of {wish} is asked for"
        );
        let Some(limit) = self.limit.filter(|_| !self.closed) else {
            return;
        };
        let left = (limit - self.used - self.leased()).max(0);
        let granted = if wish <= left / 2 {
            wish
        } else {
            (left / 2).max(least).min(left)
        };
        *self.leases.entry(gateway).or_default() += granted;
        self.check();
    }

    /// A ceiling above the limit comes down with what is spent.
    fn settle_ceiling(&mut self) {
        let spent = self.used + self.leased();
        if let Some(limit) = self.limit {
            self.ceiling = limit.max(spent.min(self.ceiling.max(limit)));
        }
        self.check();
    }

    pub fn check(&self) {
        assert!(self.leases.values().all(|lease| *lease >= 0), "{self:?}");
        if self.limit.is_some() && !self.lenient {
            assert!(
                self.used + self.leased() <= self.ceiling,
                "oversold: {self:?}"
            );
        }
    }
}
