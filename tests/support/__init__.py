"""What several test folders share: small models, files and runs made on the fly, fakes and planted runtimes."""
