//! The certificates and keys in the module.

use embedded_io_async::{BufRead, Read, Write};

use super::Modem;
use super::drive::{NO_SOURCE, ReadBuffer, Reader};
use crate::command::{Ccertdele, Ccertdown, Part, Request};
use crate::error::Error;
use crate::handler::MessageHandler;
use crate::procedure::{ListCertificates, Store};
use crate::timer::Timer;
use crate::tls::Tls;
use crate::tls::search::Search;

impl<R: BufRead, T: Write, C: Timer, H: MessageHandler> Modem<R, T, C, H> {
    /// Stores a certificate or key of 1-10240 bytes in the module, where it survives a restart (`AT+CCERTDOWN`). The
    /// name has 5-108 bytes with an extension, such as `ca.pem`. A file of the same name is replaced.
    ///
    /// `length` bytes are taken from `reader` (a `&[u8]` is one) and written in pieces of at most 3072 bytes. The
    /// transmitter is flushed after each piece. While the reader is pending, the UART is read, as in
    /// [`publish_from`](crate::Client::publish_from), and the reader has the same time.
    ///
    /// ```
    /// # mod module { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/documentation.rs")); }
    /// # use simcom_mqtt::*;
    /// # module::on_simulated_module(async |receiver, transmitter, timer| {
    /// # let inbox = Inbox::<1024>::new();
    /// # let options = ConnectOptions::new(Broker::tcp("broker.example", 1883), "device-7");
    /// # let mut modem = Modem::new(receiver, transmitter, timer, Family::Sim7600, &inbox);
    /// let certificate = b"-----BEGIN CERTIFICATE-----\n...";
    /// modem.store_certificate("ca.pem", certificate.len(), &mut &certificate[..]).await?;
    /// assert_eq!(modem.list_certificates(|_| {}).await?, 1);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`]: name or length is wrong; nothing was sent. [`Error::Source`] and [`Error::SourceEnded`]: the
    /// reader did not deliver the announced bytes, or not in time; the file in the module is not valid, store it again.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the modem stays usable, but the next call completes the file with bytes that are no
    /// certificate: store it again. The bytes that were read from `reader` are lost.
    pub async fn store_certificate<S: Read>(&mut self, name: &str, length: usize, reader: &mut S) -> Result<(), Error> {
        let mut procedure = Store(Ccertdown::announced(name, length));
        let mut buffer = ReadBuffer::default();
        self.drive(&mut procedure, Some(Reader::new(reader, &mut buffer))).await
    }

    /// Stores a certificate or key as [`store_certificate`](Self::store_certificate), on firmware too that does not
    /// replace a file: deletes the old one, stores, and looks for the name in the list (`AT+CCERTDELE`, `AT+CCERTDOWN`,
    /// `AT+CCERTLIST`).
    ///
    /// # Errors
    ///
    /// The errors of [`store_certificate`](Self::store_certificate). [`Error::CertificateMissing`]: the module has
    /// accepted the file, and does not list it.
    ///
    /// # Cancel safety
    ///
    /// As [`store_certificate`](Self::store_certificate); the old file may be gone.
    pub async fn replace_certificate<S: Read>(
        &mut self,
        name: &str,
        length: usize,
        reader: &mut S,
    ) -> Result<(), Error> {
        let store: &dyn Request = &Ccertdown::announced(name, length);
        store.check(self.family())?;
        match self.delete_certificate(name).await {
            // There was no such file.
            Ok(()) | Err(Error::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        self.store_certificate(name, length, reader).await?;
        let mut search = Search::stored(name);
        self.list_certificates(|part| search.part(part)).await?;
        search.result()
    }

    /// Looks for the files that `tls` names in the module's list (`AT+CCERTLIST`). Files of [`extra`](Tls::extra)
    /// settings are not looked for.
    ///
    /// Call it before `connect`, which does not look: `AT+CSSLCFG` accepts names of files that do not exist, and
    /// CONNECT then fails with a bare 33 or 34. Files survive a restart of the module, so once after they were stored,
    /// and once after such a failure, is enough.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateMissing`]: names the setting whose file is missing.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It changes nothing in the module.
    pub async fn check_certificates(&mut self, tls: &Tls<'_>) -> Result<(), Error> {
        let mut search = Search::of(tls);
        self.list_certificates(|part| search.part(part)).await?;
        search.result()
    }

    /// Passes the names of the certificates and keys in the module to `name`, each in one or more parts
    /// (`AT+CCERTLIST`). Returns how many there are.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`], see there.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the list is incomplete; nothing changes in the module.
    pub async fn list_certificates(&mut self, name: impl FnMut(Part<'_>) + Send) -> Result<u16, Error> {
        let mut procedure = ListCertificates::new(name);
        self.drive(&mut procedure, NO_SOURCE).await?;
        Ok(procedure.listed.count())
    }

    /// Deletes a certificate or key from the module (`AT+CCERTDELE`).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`]: there is no file of this name.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the file may or may not be deleted.
    pub async fn delete_certificate(&mut self, name: &str) -> Result<(), Error> {
        self.execute(&Ccertdele { name }).await
    }
}
