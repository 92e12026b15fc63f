"""Parts of the dialogs behind `config_flow`.

May import `hub` and what lies below.
"""
