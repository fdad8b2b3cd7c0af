//! What a report is asked for: dimensions, days and filters, all of them in the address.

use maud::{Markup, html};
use tollgate_admin_core::usage::UsageFilter;
use tollgate_admin_core::{AdminError, Deed, account, group, model, upstream};

use crate::access::Visit;
use crate::form::Fields;
use crate::page::token::list::MANY;

/// By what a report can be summed up, in the order of its columns.
pub(super) const DIMENSIONS: [&str; 8] = [
    "day", "month", "account", "group", "token", "creator", "model", "upstream",
];
/// What narrows a report.
const FILTERS: [&str; 6] = ["token", "account", "group", "model", "upstream", "creator"];
/// Ready-made stretches: a text, and since how long ago; today counts.
const QUICK: [(&str, &str); 4] = [
    ("last-7d", "6d"),
    ("last-30d", "29d"),
    ("last-90d", "89d"),
    ("last-365d", "364d"),
];
const USUAL: &str = "29d";
/// Stands for no dimension at all, since a form sends nothing for boxes that are not ticked.
const TOTAL: &str = "total";

/// What was chosen.
pub(super) struct Choice {
    fields: Fields,
    by: Vec<String>,
}

impl Choice {
    pub(super) fn of(query: &Fields) -> Self {
        let asked = query.list("by");
        let chosen = DIMENSIONS.into_iter();
        let chosen = chosen.filter(|one| asked.iter().any(|by| by == one));
        let mut by: Vec<String> = chosen.map(str::to_owned).collect();
        if asked.is_empty() {
            by.push("model".to_owned());
        }
        let mut fields = Fields::default();
        for name in FILTERS.into_iter().chain(["from", "to"]) {
            if let Some(value) = query.some(name) {
                fields.put(name, value);
            }
        }
        Self { fields, by }
    }

    pub(super) fn filter(&self) -> UsageFilter {
        let some = |name| self.fields.some(name);
        UsageFilter {
            by: self.by.clone(),
            from: some("from").or_else(|| Some(USUAL.to_owned())),
            to: some("to"),
            token: some("token"),
            account: some("account"),
            group: some("group"),
            model: some("model"),
            upstream: some("upstream"),
            creator: some("creator"),
            limit: None,
        }
    }

    /// The same summed up by something else; to one row by nothing.
    pub(super) fn by(&self, by: &[&str]) -> UsageFilter {
        UsageFilter {
            by: by.iter().map(|one| (*one).to_owned()).collect(),
            ..self.filter()
        }
    }

    /// The first dimension that is no time.
    pub(super) fn series(&self) -> Option<&str> {
        let mut by = self.by.iter().map(String::as_str);
        by.find(|one| !["day", "month"].contains(one))
    }

    /// Whether it is of some days, or of some calls only.
    pub(super) fn is_narrowed(&self) -> bool {
        !self.fields.query(&[]).is_empty()
    }

    fn is_filtered(&self) -> bool {
        FILTERS.iter().any(|name| self.fields.some(name).is_some())
    }

    /// All of it, as an address has it.
    pub(super) fn query(&self) -> String {
        self.with(&[])
    }

    /// The same with some fields in place of those of their names.
    fn with(&self, instead: &[(&str, &str)]) -> String {
        let mut all = Fields::default();
        for by in &self.by {
            all.put("by", by);
        }
        if self.by.is_empty() {
            all.put("by", TOTAL);
        }
        all.append(&self.fields);
        all.query(instead)
    }

    pub(super) async fn form(&self, visit: &Visit) -> Result<Markup, AdminError> {
        let say = visit.say();
        let sees = |one: &&str| *one != "upstream" || visit.context.may(Deed::ReadUpstreams, None);
        let from = self.fields.text("from");
        let open = self.is_filtered();
        Ok(html! {
            form.filters method="get" action="/usage" data-live="#results" {
                fieldset.choose {
                    legend { (visit.t("by")) }
                    input type="hidden" name="by" value=(TOTAL);
                    @for one in DIMENSIONS.into_iter().filter(sees) {
                        label.toggle {
                            input type="checkbox" name="by" value=(one) checked[self.by.iter().any(|by| by == one)];
                            span { (say.name_of("by", one)) }
                        }
                    }
                }
                label { span { (visit.t("from")) } input name="from" value=(from) placeholder="30d / 2026-11-01" size="14"; }
                label { span { (visit.t("to")) } input name="to" value=(self.fields.text("to")) placeholder="2026-12-31" size="11"; }
                details.narrow open[open] {
                    summary.button { (visit.t("filters")) }
                    div.row {
                        @for name in FILTERS.into_iter().filter(sees) {
                            label { span { (say.name_of("by", name)) }
                                input name=(name) value=(self.fields.text(name)) dir="auto" autocomplete="off"
                                    placeholder=(visit.t("all")) list={ "known-" (name) }; }
                        }
                    }
                }
                button.apply type="submit" { (visit.t("apply")) }
                (known(visit).await?)
            }
            div.quick {
                @for (text, since) in QUICK {
                    @let on = self.fields.text("to").is_empty() && (from == since || from.is_empty() && since == USUAL);
                    a.pill href={ "/usage?" (self.with(&[("from", since), ("to", "")])) } aria-current=[on.then_some("true")] { (visit.t(text)) }
                }
            }
        })
    }
}

/// What can be written into the filters, where it is not too much to be proposed.
async fn known(visit: &Visit) -> Result<Markup, AdminError> {
    let context = &visit.context;
    let accounts = account::list(context).await?.into_iter();
    let groups = group::list(context).await?.into_iter();
    let models = model::list(context).await?.into_iter();
    let mut lists: Vec<(&str, Vec<String>)> = vec![
        ("account", accounts.map(|one| one.name).collect()),
        ("group", groups.map(|one| one.name).collect()),
        ("model", models.map(|one| one.name).collect()),
    ];
    if context.may(Deed::ReadUpstreams, None) {
        let upstreams = upstream::list(context).await?.into_iter();
        lists.push(("upstream", upstreams.map(|one| one.name).collect()));
    }
    lists.retain(|(_, names)| names.len() <= MANY);
    Ok(html! {
        @for (name, names) in lists {
            datalist id={ "known-" (name) } { @for one in names { option value=(one) {} } }
        }
    })
}
