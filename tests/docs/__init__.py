"""Tests of the pages in docs/ and of the READMEs: what they say is true, what they show runs."""
