//! What an object says of itself beside its money.

use std::collections::BTreeMap;

use receivables::not_ours::ObjectLabels;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::stripe::field::{Field, record};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Labelled<'a> {
    #[serde(borrow)]
    metadata: Field<'a>,
    description: Field<'a>,
    statement_descriptor: Field<'a>,
    calculated_statement_descriptor: Field<'a>,
}

/// The labels of an object; none where it has none that can be read.
pub(super) fn read(object: &RawValue) -> ObjectLabels {
    let labelled: Labelled<'_> = record(object).unwrap_or_default();
    let text = |field: Field<'_>| field.text().map(std::borrow::Cow::into_owned);
    ObjectLabels {
        metadata: labelled.metadata.record::<BTreeMap<String, String>>().unwrap_or_default(),
        description: text(labelled.description),
        statement_descriptor: text(labelled.statement_descriptor)
            .or_else(|| text(labelled.calculated_statement_descriptor)),
    }
}
