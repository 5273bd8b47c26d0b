"""stub"""


def become_subreaper():
    pass


def kill_marked(x):
    pass
