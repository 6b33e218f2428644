//! Object ids as Git makes them, so that equal content has equal ids everywhere.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};

/// Files by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One entry of a tree, at any depth.
#[derive(Debug, Clone)]
pub struct Entry {
    pub path: String,
    pub id: String,
    pub is_tree: bool,
    pub size: usize,
}

fn object(kind: &str, content: &[u8]) -> [u8; 20] {
    let mut hasher = Sha1::new();
    hasher.update(format!("{kind} {}\0", content.len()).as_bytes());
    hasher.update(content);
    hasher.finalize().into()
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn blob_id(content: &[u8]) -> String {
    hex(&object("blob", content))
}

pub fn tree_id(files: &Files) -> String {
    hex(&tree(files, "", &mut Vec::new()))
}

/// A commit's id; its message and dates are left out, so that equal trees of a repository have equal commits.
pub fn commit_id(name: &str, repository: u64, tree: &str) -> String {
    hex(&object(
        "commit",
        format!("tree {tree}\n\n{repository} {name}\n").as_bytes(),
    ))
}

/// Every entry below the root, folders before what they hold.
pub fn entries(files: &Files) -> Vec<Entry> {
    let mut entries = Vec::new();
    tree(files, "", &mut entries);
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

/// The files below a folder, with paths from it; empty where there is no such folder.
pub fn below(files: &Files, folder: &str) -> Files {
    if folder.is_empty() {
        return files.clone();
    }
    let prefix = format!("{folder}/");
    files
        .iter()
        .filter_map(|(path, content)| {
            Some((path.strip_prefix(&prefix)?.to_owned(), content.clone()))
        })
        .collect()
}

fn tree(files: &Files, prefix: &str, entries: &mut Vec<Entry>) -> [u8; 20] {
    let mut blobs: Vec<(String, String, [u8; 20])> = Vec::new();
    let mut folders: BTreeMap<String, Files> = BTreeMap::new();
    for (path, content) in files {
        match path.split_once('/') {
            Some((folder, rest)) => {
                folders
                    .entry(folder.to_owned())
                    .or_default()
                    .insert(rest.to_owned(), content.clone());
            }
            None => {
                let id = object("blob", content);
                entries.push(Entry {
                    path: format!("{prefix}{path}"),
                    id: hex(&id),
                    is_tree: false,
                    size: content.len(),
                });
                blobs.push((path.clone(), format!("100644 {path}"), id));
            }
        }
    }
    for (name, files) in folders {
        let id = tree(&files, &format!("{prefix}{name}/"), entries);
        entries.push(Entry {
            path: format!("{prefix}{name}"),
            id: hex(&id),
            is_tree: true,
            size: 0,
        });
        // Git sorts a folder as if its name ended with a slash.
        blobs.push((format!("{name}/"), format!("40000 {name}"), id));
    }
    blobs.sort();
    let mut content = Vec::new();
    for (_, entry, id) in blobs {
        content.extend_from_slice(entry.as_bytes());
        content.push(0);
        content.extend_from_slice(&id);
    }
    object("tree", &content)
}

#[test]
fn ids_are_those_of_git() {
    assert_eq!(
        blob_id(b"hello\n"),
        "ce013625030ba8dba906f756967f9e9ca394464a"
    );
    assert_eq!(
        tree_id(&Files::new()),
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    );
    let files = Files::from([
        ("a".to_owned(), b"hello\n".to_vec()),
        ("b/c".to_owned(), b"hello\n".to_vec()),
    ]);
    let paths: Vec<String> = entries(&files)
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    assert_eq!(paths, ["a", "b", "b/c"]);
}
