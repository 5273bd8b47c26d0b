"""Sequential control: steering, training, evaluation and tuners."""
