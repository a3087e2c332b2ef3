//! Parts that several pages share.
//!
//! A part is a function from a reader and a view to markup; it keeps no state and asks nothing of anyone. Texts reach the
//! page only through `view!`, which escapes them.

pub(crate) mod document;
pub(crate) mod fault_summary;
pub(crate) mod state;

pub(crate) use document::{Body, Frame, Place};
