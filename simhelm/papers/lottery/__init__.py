"""The hyperparameter lottery: whole distributions over agents' settings and seeds.

Krishnan et al. (ArchGym, ISCA 2023) showed that agents rank as one likes, depending on their
hyperparameters. So here every agent has a sweep of its own, every setting the same budget and the
same number of seeds, evaluations of a design seen before count like any other, and random search
stands beside them. Settings are chosen on one workload and reported on another, with other seeds.
"""
