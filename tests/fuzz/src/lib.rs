//! Fuzz targets: what reaches us from strangers, at the doors where it is read first.
//!
//! As tests they run for a moment on chance and on mutilated fixtures; `cargo bolero test <target>` runs one of them for as long
//! as one likes. Each holds two things: nothing panics, and what is allocated stays within the input's size times a constant.
//! Absent on purpose: what is read is not checked for sense here; the tests of each room do that.

#[cfg(test)]
mod tests;
