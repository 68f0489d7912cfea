"""The run folder: its layout and checksums, its manifest, the reference scores, a summary. Runs nothing."""
