"""Chapters: notebooks with parameters, executed for the book or rerun for a reader."""

from replicate.chapters.reporting import report, say

__all__ = ["report", "say"]
