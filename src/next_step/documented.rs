//! The tables of steps in the documentation, read from the source, so that tests compare them with what the code
//! returns.

extern crate std;

use std::collections::BTreeSet;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::NextStep;

/// The documentation before an item, and the item itself.
struct Source<'s> {
    documentation: Vec<&'s str>,
    body: &'s str,
}

impl<'s> Source<'s> {
    fn of(source: &'s str, name: &str) -> Self {
        let (before, after) = source.split_once(&format!("\npub enum {name} {{\n")).expect("the enum is in this file");
        let is_above = |line: &&str| line.starts_with("//") || line.starts_with("#[");
        let documentation = before.lines().rev().take_while(is_above).collect();
        Self { documentation, body: after.split_once("\n}").expect("it ends").0 }
    }

    fn variants(&self) -> BTreeSet<&'s str> {
        let members = self.body.lines().filter_map(|line| line.strip_prefix("    "));
        members.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase())).map(identifier).collect()
    }

    /// The variants in the first column of the table, each with the steps in the last one.
    fn rows(&self) -> Vec<(&'s str, &'s str)> {
        let rows = self.documentation.iter().filter_map(|line| line.strip_prefix("/// | ")?.strip_suffix(" |"));
        let rows = rows.filter_map(|row| Some((row.split_once(" | ")?.0, row.rsplit_once(" | ")?.1)));
        rows.flat_map(|(first, last)| links(first, "Self::").into_iter().map(move |variant| (variant, last))).collect()
    }
}

pub(crate) fn identifier(text: &str) -> &str {
    text.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default()
}

/// What is linked as ``[`Name`](prefixName)``.
pub(crate) fn links<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    text.split(&format!("]({prefix}")).skip(1).map(identifier).collect()
}

/// Compares the table in the documentation of the enum `name` with the steps of `samples`, of which every variant has
/// one at least.
#[track_caller]
pub(crate) fn agrees<T: core::fmt::Debug>(source: &str, name: &str, samples: &[T], step: impl Fn(&T) -> NextStep) {
    let source = Source::of(source, name);
    let rows = source.rows();
    let documented: BTreeSet<&str> = rows.iter().map(|(variant, _)| *variant).collect();
    assert_eq!(documented, source.variants(), "{name}: rows and variants");
    for (variant, cell) in rows {
        let named: BTreeSet<String> = links(cell, "crate::NextStep::").into_iter().map(String::from).collect();
        let of_variant = samples.iter().filter(|sample| identifier(&format!("{sample:?}")) == variant);
        let returned: BTreeSet<String> = of_variant.map(|sample| format!("{:?}", step(sample))).collect();
        assert!(!returned.is_empty(), "{name}::{variant} has no sample");
        assert_eq!(named, returned, "{name}::{variant}");
    }
}
