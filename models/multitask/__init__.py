from models.multitask.quadprog_alone import load_quadprog

load_quadprog()  # before torchjd, which loads it as it is
