"""Reinforcement learning with Stable-Baselines3: training, resuming, evaluation."""
