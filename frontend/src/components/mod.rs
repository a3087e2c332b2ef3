//! Components that several pages share.
//!
//! A component is a function from a localizer and a view to markup; it keeps no state and reads nothing. Texts reach the
//! page only through `view!`, which escapes them.

pub(crate) mod balance;
pub(crate) mod document;
pub(crate) mod fault_summary;

pub(crate) use document::{Body, Frame, NavItem};
