# One image, several commands: taskatlas serve | worker | inference | migrate.
FROM python:3.12-slim-bookworm AS build
# The wheels of the CPU build are a tenth of the size; for GPU workers: --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/taskatlas
ENV PATH=/opt/taskatlas/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md ./
RUN pip install --extra-index-url "$TORCH_INDEX" -c constraints.txt torch
COPY app app
COPY jobs jobs
COPY models models
COPY migrations migrations
COPY client client
RUN pip install --extra-index-url "$TORCH_INDEX" -c constraints.txt ".[s3]"

FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 taskatlas \
    && install -d -o taskatlas -g taskatlas /data
COPY --from=build /opt/taskatlas /opt/taskatlas
ENV PATH=/opt/taskatlas/bin:$PATH PYTHONUNBUFFERED=1 TASKATLAS_DATA=/data TASKATLAS_HOST=0.0.0.0
USER taskatlas
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["taskatlas", "serve"]
