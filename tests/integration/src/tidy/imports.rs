//! No circle of imports between the files of a crate. A parent module and its children may know each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The path of a module within its crate; empty for the crate's root.
type Module = Vec<String>;

/// Each circle among the files of a source folder, as the modules in it.
pub(super) fn circles(src: &Path) -> Vec<Vec<String>> {
    let files = modules(src);
    let edges: BTreeMap<&Module, BTreeSet<&Module>> =
        files.iter().map(|(module, text)| (module, imported(module, text, &files))).collect();
    let reaches = |from: &Module, to: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            for next in &edges[module] {
                if *next == to {
                    return true;
                }
                if seen.insert(*next) {
                    open.push(next);
                }
            }
        }
        false
    };
    let mut found: Vec<Vec<String>> = Vec::new();
    for module in files.keys().filter(|module| reaches(module, module)) {
        let name = module.join("::");
        if found.iter().any(|circle| circle.contains(&name)) {
            continue;
        }
        let others = files.keys().filter(|other| reaches(module, other) && reaches(other, module));
        found.push(others.map(|other| other.join("::")).collect());
    }
    found
}

/// The modules of a crate that are not tests, with their text.
fn modules(src: &Path) -> BTreeMap<Module, String> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![src.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let within = path.strip_prefix(src).unwrap().with_extension("");
            let mut module: Module =
                within.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
                module.pop();
            }
            let of_tests = module.iter().any(|part| part == "tests");
            if !of_tests && path.extension().is_some_and(|ending| ending == "rs") {
                found.insert(module, code(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// A file without its comments and its own tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The modules that a module names, other than those above and below it.
fn imported<'a>(module: &Module, text: &str, files: &'a BTreeMap<Module, String>) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    for path in paths(text) {
        let mut parts = path.as_slice();
        let mut full = match parts.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self") => module.clone(),
            _ => {
                let up = parts.iter().take_while(|part| *part == "super").count();
                parts = &parts[up - 1..];
                module[..module.len().saturating_sub(up)].to_vec()
            }
        };
        full.extend_from_slice(&parts[1..]);
        while !full.is_empty() && !files.contains_key(&full) {
            full.pop();
        }
        let related = full.starts_with(module) || module.starts_with(&full);
        if let Some((known, _)) = files.get_key_value(&full).filter(|_| !related) {
            found.insert(known);
        }
    }
    found
}

/// Each path in a text that begins with `crate`, `super` or `self`, groups in braces taken apart.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (place, _) in text.match_indices("::") {
        let before = &text[..place];
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let head = &before[start..];
        let preceded = before[..start].trim_end().ends_with("::");
        if ["crate", "super", "self"].contains(&head) && !preceded {
            rest(&text[place + 2..], &mut vec![head.to_owned()], &mut found);
        }
    }
    found
}

/// Follows a path from behind a `::`; gives what comes behind it.
fn rest<'a>(text: &'a str, so_far: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut group) = text.strip_prefix('{') {
        loop {
            group = group.trim_start().trim_start_matches(',').trim_start();
            if group.is_empty() || group.starts_with('}') {
                return group.strip_prefix('}').unwrap_or_default();
            }
            let behind = rest(group, &mut so_far.clone(), found);
            // A word that is none, such as `*`, is passed over.
            group = if behind.len() == group.len() { group.get(1..).unwrap_or_default() } else { behind };
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (word, behind) = text.split_at(end);
    if !word.is_empty() {
        so_far.push(word.to_owned());
    }
    match behind.strip_prefix("::") {
        Some(further) if !word.is_empty() => rest(further, so_far, found),
        _ => {
            found.push(so_far.clone());
            behind
        }
    }
}

#[test]
fn a_circle_is_found_and_a_parent_with_its_child_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    write("lib.rs", "mod a; mod b; mod c; mod d;");
    write("a.rs", "use crate::{b::{self, Two}, c};\nfn of() { crate::d::e::it() }");
    write("b.rs", "use super::c::Three;");
    write("c.rs", "// use crate::a;\nuse crate::a::One;");
    write("d.rs", "mod e; use self::e::it;");
    write("d/e.rs", "use super::Thing; pub fn it() {}");
    assert_eq!(circles(folder.path()), [["a", "b", "c"]]);
}
