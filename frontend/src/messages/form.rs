//! What every form says where it cannot be taken.

use super::{ByLanguage, Messages, Text};

/// A form that has to be corrected.
#[derive(Debug)]
pub(crate) struct FormMessages {
    pub(crate) fault_title: Text,
}

impl Messages for FormMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: FormMessages = FormMessages { fault_title: "Something needs correcting" };

const FRENCH: FormMessages = FormMessages { fault_title: "Il reste une chose à corriger" };
