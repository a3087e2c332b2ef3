//! Parts that several pages share.
//!
//! A part is a function from a reader and a view to markup; it keeps no state and asks nothing of anyone. Texts reach the
//! page only through `view!`, which escapes them.

pub mod amount_form;
pub mod document;
pub mod email_form;
pub mod faults;
pub mod invoice_details;
pub mod invoice_table;
pub mod state;

pub use document::{Body, Frame, Place};
