//! The commands of the model gallery and its prices.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Which;

/// What can be done with models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Add a model to the gallery
    Create(ModelCreate),
    /// List the gallery
    List,
    /// Show one model
    Show(Which),
    /// Change a model; what is not said stays as it is
    Edit(ModelEdit),
    /// Offer a model again
    Enable(Which),
    /// Take a model off offer
    Disable(Which),
    /// Remove a model that no upstream serves
    Delete(Which),
    /// Price lists that apply to some calls of a model only
    #[command(subcommand)]
    Price(PriceCommand),
    /// Show or set what models and mounts cost that have no price of their own
    DefaultPrice {
        /// A price list, `free`, or `refuse` to have such calls refused; nothing shows what is set
        price: Option<String>,
    },
    /// Add models with their prices from a file of another product
    Import(Import),
}

/// Add a model.
#[derive(Debug, Args)]
pub(crate) struct ModelCreate {
    /// What clients call it, exactly; unique
    pub(crate) name: String,
    /// The vendor behind it, such as `openai`
    #[arg(long)]
    pub(crate) provider: String,
    #[command(flatten)]
    pub(crate) money: MoneyArguments,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change a model.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "provider", "price", "context", "max_output", "cap_field", "note"])))]
pub(crate) struct ModelEdit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// What clients call it from now on
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The vendor behind it
    #[arg(long)]
    pub(crate) provider: Option<String>,
    #[command(flatten)]
    pub(crate) money: MoneyArguments,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// What calls of a model cost, and how much it takes and gives.
#[derive(Debug, Args)]
pub(crate) struct MoneyArguments {
    /// Credits per million tokens, or apiece, such as `input=2.5,output=10`; `free`; or `unknown`, so
    /// that its calls are refused
    #[arg(long, value_name = "PRICE")]
    pub(crate) price: Option<String>,
    /// The largest prompt, in tokens, or `unknown`
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context: Option<String>,
    /// The largest answer, in tokens, or `unknown`
    #[arg(long, value_name = "TOKENS")]
    pub(crate) max_output: Option<String>,
    /// The field by which it wants its output capped: max_tokens, max_completion_tokens,
    /// max_output_tokens or usual
    #[arg(long, value_name = "FIELD")]
    pub(crate) cap_field: Option<String>,
}

/// What can be done with price lists.
#[derive(Debug, Subcommand)]
pub(crate) enum PriceCommand {
    /// Set the price list of a model for a provider, a group, both, or all other calls
    Set {
        /// The model's name or id
        model: String,
        #[command(flatten)]
        scope: PriceScopeArguments,
        /// Credits per million tokens, or apiece, such as `input=2.5,output=10`, or `free`
        price: String,
    },
    /// Remove the price list of a model for a provider, a group, both, or all other calls
    Remove {
        /// The model's name or id
        model: String,
        #[command(flatten)]
        scope: PriceScopeArguments,
    },
}

/// Which calls a price list applies to.
#[derive(Debug, Args)]
pub(crate) struct PriceScopeArguments {
    /// Those that an upstream of this provider serves
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// Those of this group's tokens, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) group: Option<String>,
}

/// Add models from a file.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Whose file it is
    #[arg(long, value_enum)]
    pub(crate) from: Product,
    /// The file; `-` reads standard input
    pub(crate) file: PathBuf,
    /// Only models with such a name, and no groups: exact, or with `*` for any text; with commas,
    /// or repeated
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// The provider of new models, where the file names none
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change models that are there already, and the multipliers of groups; without it they are
    /// left alone
    #[arg(long)]
    pub(crate) update: bool,
}

/// Whose file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Product {
    /// LiteLLM's model_prices_and_context_window.json
    Litellm,
    /// The options ModelRatio, CompletionRatio, ModelPrice, GroupRatio and so on of new-api or one-api
    NewApi,
}
