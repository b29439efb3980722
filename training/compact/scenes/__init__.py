"""Scenes whose colours and parts are known exactly: drawn people, avatar figures and cut-outs in places, in panels."""
