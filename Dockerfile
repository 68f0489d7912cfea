# Runs edgekit, by default the whole job on scikit-learn's digits: docker build -t edgekit . && docker run --rm edgekit
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/edgekit
COPY requirements.lock .
RUN /opt/edgekit/bin/pip install --no-cache-dir --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY toolkit toolkit
COPY recipes recipes
RUN /opt/edgekit/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
RUN useradd --uid 1000 --create-home user
COPY --from=build /opt/edgekit /opt/edgekit
COPY demo.sh /opt/edgekit/demo.sh
ENV PATH="/opt/edgekit/bin:$PATH"
USER 1000
WORKDIR /home/user
CMD ["sh", "/opt/edgekit/demo.sh"]
