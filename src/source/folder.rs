//! A folder to the files in it that may be logs, one level of subfolders deep.
//!
//! It goes by names and by what lies beside them; it opens no file and does not know what is in
//! one. Data folders of a server are never entered: they hold thousands of files and no log.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::likeness::{Likeness, likeness};
use super::problem::InputProblem;

/// Files that only the top of a data directory has. All its subfolders are databases.
const DATA_DIRECTORY: &[&str] = &["ibdata1", "ib_logfile0", "aria_log_control", "mysql.ibd", "#innodb_redo", "undo001"];

/// Endings of table files, as a database folder has them.
const TABLE_FILES: &[&str] = &["ibd", "frm", "myd", "myi", "mai", "mad", "csm", "trg", "sdi"];

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files that are logs by name or may be, sorted by path.
    pub(super) files: Vec<(PathBuf, Likeness)>,
    /// Files left out: other names, special files, dangling links.
    pub(super) skipped_files: u64,
    /// Folders left out: databases, hidden ones, and those too deep.
    pub(super) skipped_folders: u64,
    /// Subfolders that could not be listed.
    pub(super) problems: Vec<InputProblem>,
}

/// Lists `folder` and its direct subfolders.
///
/// # Errors
/// When `folder` itself cannot be listed.
pub(super) fn list(folder: &Path) -> io::Result<Listing> {
    let entries = entries(folder)?;
    let mut listing = Listing::default();
    let mut entered = BTreeSet::new();
    entered.extend(fs::canonicalize(folder));
    let is_data = has_name(&entries, DATA_DIRECTORY);
    for subfolder in add_files(entries, &mut listing) {
        let again = fs::canonicalize(&subfolder).is_ok_and(|real| !entered.insert(real));
        if is_data || again || is_hidden(&subfolder) {
            listing.skipped_folders += 1;
        } else {
            add_subfolder(&subfolder, &mut listing);
        }
    }
    listing.files.sort();
    Ok(listing)
}

fn add_subfolder(folder: &Path, listing: &mut Listing) {
    match entries(folder) {
        Err(error) => listing.problems.push(InputProblem::from_io(folder, &error)),
        Ok(entries) if is_database(&entries) => listing.skipped_folders += 1,
        Ok(entries) => {
            let deeper = add_files(entries, listing);
            listing.skipped_folders += deeper.len() as u64;
        }
    }
}

/// Sorts the entries into files to look at and files to skip, and returns the folders.
fn add_files(entries: Vec<PathBuf>, listing: &mut Listing) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for path in entries {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => folders.push(path),
            Ok(metadata) if metadata.is_file() => match likeness(&file_name(&path)) {
                Likeness::Never => listing.skipped_files += 1,
                // All files of /proc and /sys say so, and reading some of them never ends.
                Likeness::Unknown if metadata.len() == 0 => listing.skipped_files += 1,
                likely => listing.files.push((path, likely)),
            },
            _ => listing.skipped_files += 1,
        }
    }
    folders
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_database(entries: &[PathBuf]) -> bool {
    let table = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| TABLE_FILES.contains(&ending.to_string_lossy().to_ascii_lowercase().as_str()))
    };
    has_name(entries, &["db.opt"]) || (entries.iter().any(table) && !has_name(entries, DATA_DIRECTORY))
}

fn has_name(entries: &[PathBuf], names: &[&str]) -> bool {
    entries.iter().any(|path| names.contains(&file_name(path).as_str()))
}

fn is_hidden(path: &Path) -> bool {
    file_name(path).starts_with('.')
}

/// The last part of a path as text, empty if there is none.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
