"""Data in other forms, made a folder of class folders: tables, manifests, lists, split folders."""
