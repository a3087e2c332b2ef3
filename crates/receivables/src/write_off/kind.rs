//! The kinds of write-offs.

/// What is written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOffKind {
    /// A rest within the business's tolerance.
    Rest,
    /// What a customer will not or cannot pay.
    BadDebt,
}

impl WriteOffKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rest, Self::BadDebt];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::BadDebt => "bad_debt",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
