"""stub"""


class ExecutableProblem:
    pass


class ExecutableSpecification:
    pass
