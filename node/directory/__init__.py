"""The federation as a node sees it: the directory's log, its copy, what of it is believed, who counts as a member."""
