"""``huiyin audit``: reads a whole log as it is served and compares everything else with it.

Anybody can run it against any log. On the installation itself it compares the database too. What it
reads it reads with the verifier's code (``huiyin.verify``), never with that of the log's writer.
"""
