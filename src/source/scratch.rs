//! A folder for one test, removed at its end.

use std::fs;
use std::path::{Path, PathBuf};

pub(super) struct Scratch {
    pub(super) root: PathBuf,
}

impl Scratch {
    /// `test` must be unique among the tests of the crate.
    pub(super) fn new(test: &str) -> Self {
        let name = format!("source-{test}-{}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    /// Writes a file, with its folders, and returns its path.
    pub(super) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A path below the root as text, for short assertions.
    pub(super) fn short(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}
