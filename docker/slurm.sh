#!/bin/bash
# A study on a cluster: sbatch docker/slurm.sh FILE.toml
# simhelm.sif: apptainer build simhelm.sif docker-daemon://simhelm:cli
#SBATCH --job-name=simhelm
#SBATCH --ntasks=9
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@60
# Rank 0 leads, eight evaluate. A job that runs out of time saves its study; submitted again, it
# goes on. The MPI is the one inside the image, on one node: srun's would not fit it.
set -euo pipefail
exec apptainer exec simhelm.sif \
    mpiexec -n "$SLURM_NTASKS" python -m mpi4py -m simhelm run "$1" --out "runs/$(basename "$1" .toml)"
