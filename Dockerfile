# The service in a small image: docker build -t u2net . (docs/serve.md says how it is run)
FROM python:3.13-slim AS build
COPY . /source
WORKDIR /source
RUN python -m venv /u2net \
    && /u2net/bin/pip install --no-cache-dir --constraint constraints.txt '.[serve]'

FROM python:3.13-slim
COPY --from=build /u2net /u2net
RUN useradd --system --uid 10001 --home-dir /cache --create-home u2net
# Compiled models are kept in /cache: a volume makes the next start quick.
ENV PATH=/u2net/bin:$PATH XDG_CACHE_HOME=/cache PYTHONDONTWRITEBYTECODE=1 \
    U2NET_HOST=0.0.0.0 U2NET_PORT=7000
USER 10001
EXPOSE 7000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"U2NET_PORT\"]}/ready', timeout=4)"]
ENTRYPOINT ["u2net"]
CMD ["serve"]
