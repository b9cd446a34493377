"""The pictures of a run, one file each, all fed by the one history."""
