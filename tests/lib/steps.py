"""The table of steps: a pattern, and the function that does it; scenario.py matches lines against it."""
import os
import re

DEFAULT_WAIT = float(os.environ.get('HANSE_WAIT', '5'))  # seconds
STEPS = []


class Step:
    def __init__(self, pattern, function):
        self.pattern = re.compile(pattern)
        self.function = function
        self.usage = ' '.join((function.__doc__ or pattern).split(' '))


def step(pattern):
    """function(play, lines, *groups): lines are the indented ones below the step."""
    def register(function):
        STEPS.append(Step(pattern, function))
        return STEPS[-1]
    return register


def find(line):
    """(Step, groups) for a line; None when no step is written like that."""
    for one in STEPS:
        found = one.pattern.fullmatch(line)
        if found:
            return one, found.groups()
    return None
