//! The command that replays a decision.

use tollgate_admin_core::explain::{ExplainInput, explain, of_request};
use tollgate_admin_core::view::explain::{ExplanationView, StepView};

use super::cells::moment;
use crate::Ending;
use crate::arguments::explain::ExplainArguments;
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(
    arguments: ExplainArguments,
    session: &Session<'_>,
) -> Result<Ending, Failure> {
    let context = &session.context;
    if let Some(request) = &arguments.request {
        return answer(session, &of_request(context, request).await?);
    }
    // Neither is missing where there is no request.
    let input = ExplainInput {
        token: arguments.token.unwrap_or_default(),
        model: arguments.model,
        endpoint: arguments.endpoint,
        mount: arguments.mount,
        path: arguments.path,
        ip: arguments.ip.unwrap_or_default(),
        at: arguments.at,
    };
    answer(session, &explain(context, &input).await?)
}

fn answer(session: &Session<'_>, explained: &ExplanationView) -> Result<Ending, Failure> {
    let shown = if session.output.is_json() {
        session.output.document(explained).map_err(Failure::from)
    } else {
        show(session, explained)
    };
    let ending = if explained.permitted {
        Ending::Done
    } else {
        Ending::Refused
    };
    ending.after(shown)
}

fn show(session: &Session<'_>, explained: &ExplanationView) -> Result<(), Failure> {
    let ExplanationView {
        token,
        address,
        endpoint,
        ..
    } = explained;
    let model = explained
        .model
        .as_ref()
        .map(|model| format!(", model `{model}`"));
    let model = model.unwrap_or_default();
    session.output.line(&format!(
        "Token `{}` ({}) calls {endpoint}{model} from {address} at {}.",
        token.name,
        token.id,
        moment(&explained.at)
    ))?;
    let mut table = Table::new(["", "rule", "of", "saw", "lets through"]);
    for step in &explained.steps {
        let mark = if step.passed { "pass" } else { "FAIL" };
        table.row([
            mark.to_owned(),
            step.rule.clone(),
            step.layer.clone(),
            saw(step),
            step.wanted.clone(),
        ]);
    }
    session.output.table(&table)?;
    session.output.line(&verdict(explained))?;
    for unknown in &explained.unknown {
        session
            .output
            .line(&format!("Not known here: {unknown}."))?;
    }
    Ok(())
}

/// What a rule saw, and when that ends.
fn saw(step: &StepView) -> String {
    match &step.until {
        Some(until) => format!("{} (until {})", step.saw, moment(until)),
        None => step.saw.clone(),
    }
}

fn verdict(explained: &ExplanationView) -> String {
    if !explained.permitted {
        return format!("Refused: {}.", explained.reasons.join(", "));
    }
    let names: Vec<_> = explained
        .upstreams
        .iter()
        .map(|one| format!("{} at {}", one.upstream.name, one.price))
        .collect();
    if names.is_empty() {
        return "Permitted; the gateway answers by itself.".to_owned();
    }
    let multiplier = explained.multiplier.as_deref().unwrap_or("1");
    format!(
        "Permitted; served by {}; the group multiplies prices by {multiplier}.",
        names.join(", ")
    )
}
