"""What was delivered into a container of logs, as Debian's python3-azure-storage reads it: a list of blobs with their
types and lines, as JSON. Needs LOGS_URL (of the container) and LOGS_KEY."""

import json
import os

from azure.storage.blob import ContainerClient


def main() -> None:
    found = []
    with ContainerClient.from_container_url(os.environ["LOGS_URL"], credential=os.environ["LOGS_KEY"]) as client:
        if client.exists():
            for blob in client.list_blobs():
                text = client.download_blob(blob.name).readall()
                found.append({"name": blob.name, "type": blob.blob_type, "text": text.decode()})
    print(json.dumps(found))


if __name__ == "__main__":
    main()
