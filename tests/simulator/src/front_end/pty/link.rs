use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A symbolic link that exists as long as this value.
pub(super) struct Link {
    path: PathBuf,
    target: PathBuf,
}

impl Link {
    pub(super) fn create(path: PathBuf, target: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(&path).is_ok() {
            if !leads_beside(&path, target) {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "something that is not a link to a pseudo-terminal is there",
                ));
            }
            fs::remove_file(&path)?;
        }
        symlink(target, &path)?;
        Ok(Self { path, target: target.to_owned() })
    }

    pub(super) fn lead_to(&mut self, target: &Path) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        symlink(target, &self.path)?;
        target.clone_into(&mut self.target);
        Ok(())
    }
}

/// Whether `path` is a link into the directory of `target`, such as one that a killed process left.
fn leads_beside(path: &Path, target: &Path) -> bool {
    fs::read_link(path).is_ok_and(|other| other.parent() == target.parent())
}

impl Drop for Link {
    fn drop(&mut self) {
        // Another process may have created its own link there in the meantime.
        if fs::read_link(&self.path).is_ok_and(|target| target == self.target) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
